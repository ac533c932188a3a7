kubectl scale deployment newsletter --replicas=0
kubectl apply -f policy.yaml
