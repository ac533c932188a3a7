set -e
kubectl create -f service.yaml
kubectl rollout status deployment simpleservice
