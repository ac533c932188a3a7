kubectl delete pod -l app=shop
kubectl rollout status deployment shop
kubectl exec deploy/shop -- sh -c 'echo "version 2, by hand" > /www/index.html'
