kubectl delete -f service.yaml --ignore-not-found
kubectl create -f service.yaml
kubectl rollout status deployment simpleservice
