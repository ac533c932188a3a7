kubectl get configmap shop-pages -o yaml > repository/pages.yaml
