kubectl rollout restart deployment shop
kubectl rollout status deployment shop
