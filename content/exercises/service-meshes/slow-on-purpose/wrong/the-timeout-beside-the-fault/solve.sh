kubectl apply -f fault.yaml
