kubectl set env deployment/shop VERSION=2
kubectl rollout status deployment shop
