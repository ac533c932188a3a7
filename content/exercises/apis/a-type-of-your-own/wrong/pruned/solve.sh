kubectl apply -f crd.yaml
sleep 2
kubectl apply -f good.yaml --validate=false
