kubectl label namespace legacy istio-injection=enabled
kubectl rollout restart deployment report -n legacy
kubectl rollout status deployment report -n legacy
kubectl apply -f mtls.yaml
