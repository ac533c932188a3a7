kubectl apply -f routes.yaml
