bash controller.sh > controller.log 2>&1 &
kubectl apply -f website.yaml
sleep 6
kill %1
kubectl delete website shop
