kubectl apply -n default -f service.yaml
kubectl rollout status -n default deployment simpleservice
