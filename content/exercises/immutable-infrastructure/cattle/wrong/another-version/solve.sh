kubectl set image deployment simpleservice simpleservice=simpleservice:0.6.0
kubectl rollout status deployment simpleservice
