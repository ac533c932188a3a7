kubectl apply -f fault.yaml -f timeout.yaml
