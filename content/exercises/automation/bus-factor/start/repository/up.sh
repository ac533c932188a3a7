cd "$(dirname "$0")"
kubectl apply -f shop.yaml
kubectl rollout status deployment shop --timeout=40s
