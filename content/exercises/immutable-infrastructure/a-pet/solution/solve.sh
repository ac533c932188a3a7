kubectl exec deploy/shop -- sh -c 'echo "version 2, by hand" > /www/index.html'
sleep 8
kubectl delete pod -l app=shop
