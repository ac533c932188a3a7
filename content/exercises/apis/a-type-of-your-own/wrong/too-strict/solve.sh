kubectl apply -f crd.yaml
sleep 2
kubectl apply -f bad.yaml
kubectl apply -f good.yaml
