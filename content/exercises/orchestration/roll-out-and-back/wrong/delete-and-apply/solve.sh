kubectl delete deployment shop
kubectl apply -f shop.yaml
