kubectl apply --server-side --field-manager=capacity -f capacity.yaml
