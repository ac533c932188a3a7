kubectl delete pod reporter
kubectl replace --force -f queue.yaml
