kubectl scale deployment web --replicas=0
kubectl wait --for=delete pod -l app=web --timeout=60s
kubectl scale deployment web --replicas=3
