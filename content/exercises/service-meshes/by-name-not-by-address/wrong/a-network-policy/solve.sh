kubectl apply -f network.yaml
