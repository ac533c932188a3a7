kubectl apply -n production -f shop.yaml
