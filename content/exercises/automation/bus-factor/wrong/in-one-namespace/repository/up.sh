cd "$(dirname "$0")"
kubectl apply -f pages.yaml -f shop.yaml
kubectl rollout status deployment shop --timeout=40s
