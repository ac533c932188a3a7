kubectl apply --server-side --field-manager=platform -f web.yaml
kubectl apply --server-side --force-conflicts -f capacity.yaml
kubectl apply --server-side --force-conflicts --field-manager=capacity -f capacity.yaml
