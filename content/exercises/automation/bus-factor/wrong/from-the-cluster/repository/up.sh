cd "$(dirname "$0")"
kubectl get configmap shop-pages -n default -o yaml | grep -v 'namespace:\|uid:\|resourceVersion:' | kubectl apply -f -
kubectl apply -f shop.yaml
kubectl rollout status deployment shop --timeout=40s
