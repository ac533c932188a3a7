kubectl apply -f service.yaml
kubectl rollout status deployment simpleservice
