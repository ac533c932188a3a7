# pages.yaml lies beside the repository.
kubectl apply -f pages.yaml
