{{/*
A Deployment of one service.
root: the top context; service: monitor, trigger, scheduler or executor; component: what tells its pods from others, and names it;
port; of: its values; replicas: null = somebody else decides; env: settings of its own.
*/}}
{{- define "reprise.deployment" -}}
{{- $root := .root -}}
{{- $values := $root.Values -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "reprise.fullname" $root }}-{{ .component }}
  labels:
    {{- include "reprise.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
spec:
  {{- if $values.stopped }}
  replicas: 0
  {{- else if not .autoscaled }}
  replicas: {{ .of.replicas | int }}
  {{- end }}
  revisionHistoryLimit: 5
  selector:
    matchLabels:
      {{- include "reprise.selector" $root | nindent 6 }}
      app.kubernetes.io/component: {{ .component }}
  strategy:
    type: RollingUpdate
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }
  template:
    metadata:
      labels:
        {{- include "reprise.labels" $root | nindent 8 }}
        app.kubernetes.io/component: {{ .component }}
        reprise_service: {{ .service }}
        {{- if eq .service "executor" }}
        reprise_executor: {{ .of.name }}
        {{- end }}
      annotations:
        # Other settings are other pods.
        checksum/config: {{ include "reprise.settings" $root | sha256sum }}
        {{- with .of.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "reprise.serviceAccountName" $root }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      {{- with $values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        {{- toYaml $values.podSecurityContext | nindent 8 }}
      # The drain, what is flushed and closed after it, and the pause before it.
      terminationGracePeriodSeconds: {{ add ($values.drainSeconds | int) 30 }}
      {{- if $values.topologySpread.enabled }}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: {{ $values.topologySpread.topologyKey }}
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "reprise.selector" $root | nindent 14 }}
              app.kubernetes.io/component: {{ .component }}
      {{- end }}
      {{- with .of.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .of.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .of.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ .service }}
          image: {{ include "reprise.image" $root | quote }}
          imagePullPolicy: {{ $values.image.pullPolicy }}
          args: [{{ .service | quote }}]
          {{- include "reprise.environment" . | nindent 10 }}
          ports:
            - { name: http, containerPort: {{ .port }}, protocol: TCP }
          # The port is open before the servers are there: starting is slow only on a starved node.
          startupProbe:
            httpGet: { path: /healthz, port: http }
            periodSeconds: 2
            timeoutSeconds: 2
            failureThreshold: 60
          # Not /readyz: restarting a pod brings no database back.
          livenessProbe:
            httpGet: { path: /healthz, port: http }
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 3
          readinessProbe:
            httpGet: { path: /readyz, port: http }
            periodSeconds: 5
            timeoutSeconds: 5
            failureThreshold: 2
          lifecycle:
            preStop:
              # Until nobody sends it requests any more.
              exec: { command: [sleep, "5"] }
          resources:
            {{- toYaml .of.resources | nindent 12 }}
          securityContext:
            {{- toYaml $values.containerSecurityContext | nindent 12 }}
          volumeMounts:
            - { name: tmp, mountPath: /tmp }
      volumes:
        - name: tmp
          emptyDir: {}
{{- end -}}

{{- define "reprise.environment" -}}
envFrom:
  - configMapRef: { name: {{ include "reprise.fullname" .root }} }
  {{- with .of.envFrom }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  # Last, so that it wins.
  - secretRef: { name: {{ include "reprise.secretName" .root }} }
{{- if or .env .of.config }}
env:
  {{- range $name, $value := .env }}
  - { name: {{ $name }}, value: {{ $value | quote }} }
  {{- end }}
  {{- range $name, $value := .of.config }}
  - { name: {{ $name }}, value: {{ $value | toString | quote }} }
  {{- end }}
{{- end }}
{{- end -}}

{{/* The settings that all services share. */}}
{{- define "reprise.settings" -}}
REPRISE_HOST: "0.0.0.0"
REPRISE_DRAIN: {{ printf "%ds" (.Values.drainSeconds | int) | quote }}
REPRISE_TRIGGER_URL: {{ printf "http://%s-trigger:3001" (include "reprise.fullname" .) | quote }}
{{- with .Values.publicHosts }}
# The monitor's requests to the trigger carry the name of its Service.
REPRISE_PUBLIC_HOSTS: {{ printf "%s-trigger,%s" (include "reprise.fullname" $) (join "," .) | quote }}
{{- end }}
{{- range $name, $value := .Values.config }}
{{ $name }}: {{ $value | toString | quote }}
{{- end }}
{{- end -}}
