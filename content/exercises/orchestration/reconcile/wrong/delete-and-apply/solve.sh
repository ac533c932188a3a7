kubectl delete deployment web
kubectl apply -f web.yaml
