set -e
kubectl create -f service.yaml
kubectl patch deployment simpleservice -p '{"spec":{"template":{"metadata":{"annotations":{"deployed-at":"'"$(date +%s)"'"}}}}}'
kubectl rollout status deployment simpleservice
