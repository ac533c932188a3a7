kubectl delete pod queue reporter
kubectl apply -f queue.yaml
