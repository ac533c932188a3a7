kubectl label namespace stocks istio-injection=enabled
kubectl apply -f mesh.yaml
