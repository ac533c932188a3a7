kubectl apply --server-side --field-manager=platform -f web.yaml
sed 's/replicas: 2/replicas: 4/' web.yaml > all.yaml
kubectl apply --server-side --field-manager=capacity -f all.yaml
kubectl apply --server-side --field-manager=capacity --force-conflicts -f all.yaml
