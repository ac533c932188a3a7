kubectl scale deployment simpleservice-v1 --replicas=9
kubectl rollout status deployment simpleservice-v1
