kubectl apply -f mtls.yaml
