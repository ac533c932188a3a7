kubectl apply --server-side --field-manager=platform -f web.yaml
kubectl scale deployment web --replicas=4
