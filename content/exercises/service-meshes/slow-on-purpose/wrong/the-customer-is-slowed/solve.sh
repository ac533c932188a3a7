kubectl apply -f timeout.yaml
