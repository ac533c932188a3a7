bash controller.sh > controller.log 2>&1 &
kubectl apply -f website.yaml
sleep 15
kill %1
