kubectl label namespace stocks istio-injection=enabled
kubectl rollout restart deployment stock-gen stock-con
kubectl rollout status deployment stock-gen
kubectl rollout status deployment stock-con
kubectl apply -f mesh.yaml
