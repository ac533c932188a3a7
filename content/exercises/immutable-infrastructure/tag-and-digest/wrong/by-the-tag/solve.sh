docker build -t localhost:5001/shop:1 app
docker push localhost:5001/shop:1
kubectl apply -f shop.yaml
kubectl rollout status deployment shop
