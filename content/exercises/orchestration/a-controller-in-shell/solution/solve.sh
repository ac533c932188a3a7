bash controller.sh > controller.log 2>&1 &
kubectl apply -f website.yaml
sleep 8
kubectl rollout status deployment shop
sleep 11
kubectl delete website shop
sleep 12
kill %1
