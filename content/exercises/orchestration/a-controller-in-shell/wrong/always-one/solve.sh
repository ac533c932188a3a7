bash controller.sh > controller.log 2>&1 &
kubectl apply -f website.yaml
sleep 20
kill %1
