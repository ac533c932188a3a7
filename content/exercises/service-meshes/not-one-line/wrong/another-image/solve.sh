kubectl label namespace stocks istio-injection=enabled
kubectl patch deployment stock-gen --type=json -p='[{"op":"replace","path":"/spec/template/spec/containers/0/image","value":"stock-gen:1"},{"op":"remove","path":"/spec/template/spec/containers/0/command"}]'
kubectl rollout restart deployment
kubectl rollout status deployment stock-gen
kubectl rollout status deployment stock-con
kubectl rollout status deployment customer
kubectl apply -f mesh.yaml
