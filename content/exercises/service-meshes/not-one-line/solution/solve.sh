kubectl label namespace stocks istio-injection=enabled
kubectl rollout restart deployment
kubectl rollout status deployment stock-gen
kubectl rollout status deployment stock-con
kubectl rollout status deployment customer
kubectl apply -f mesh.yaml
