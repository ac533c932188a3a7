docker build -t localhost:5001/shop:1 app
docker push localhost:5001/shop:1
kubectl apply -f shop.yaml
kubectl rollout status deployment shop
echo "version 2" > app/index.html
docker build -t localhost:5001/shop:1 app
docker push localhost:5001/shop:1
kubectl run by-tag --image=localhost:5001/shop:1 --image-pull-policy=Always --labels=app=by-tag
kubectl wait --for=condition=Ready pod/by-tag
sleep 2
kubectl rollout restart deployment shop
