kubectl apply -f crd.yaml
kubectl wait --for=condition=Established -f crd.yaml
kubectl apply -f bad.yaml
kubectl apply -f good.yaml
