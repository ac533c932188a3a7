docker build -t localhost:5001/charge:1 .
docker push localhost:5001/charge:1
kubectl apply -f charge.yaml
kn service wait charge --wait-timeout 120
kubectl apply -f tills.yaml
kubectl rollout status deployment tills
