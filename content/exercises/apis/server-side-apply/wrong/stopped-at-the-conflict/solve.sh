kubectl apply --server-side --field-manager=platform -f web.yaml
kubectl apply --server-side --field-manager=capacity -f capacity.yaml
