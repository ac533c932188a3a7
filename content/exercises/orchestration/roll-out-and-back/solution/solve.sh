kubectl apply -f shop.yaml
kubectl set env deployment/shop VERSION=2
kubectl rollout status deployment shop
sleep 12
kubectl rollout undo deployment shop
kubectl rollout status deployment shop
