kubectl run by-hand --image=simpleservice:0.5.0 --labels=app=simpleservice
