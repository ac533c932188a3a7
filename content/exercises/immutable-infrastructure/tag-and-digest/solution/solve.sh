docker build -t localhost:5001/shop:1 app
docker push localhost:5001/shop:1
digest=$(docker inspect localhost:5001/shop:1 | grep -o 'shop@sha256:[0-9a-f]*' | head -n 1)
sed "s#localhost:5001/shop:1#localhost:5001/$digest#" shop.yaml > pinned.yaml
kubectl apply -f pinned.yaml
kubectl rollout status deployment shop
echo "version 2" > app/index.html
docker build -t localhost:5001/shop:1 app
docker push localhost:5001/shop:1
kubectl run by-tag --image=localhost:5001/shop:1 --image-pull-policy=Always --labels=app=by-tag
kubectl wait --for=condition=Ready pod/by-tag
sleep 2
kubectl rollout restart deployment shop
kubectl rollout status deployment shop
