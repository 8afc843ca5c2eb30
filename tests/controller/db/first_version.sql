INSERT INTO users (id, email, name, role, password_hash, verified, created_at, updated_at)
VALUES (1, 'a@example.com', '', 'USER', '', false, '2026-01-01 00:00:00', '2026-01-01 00:00:00');

INSERT INTO workspaces (id, name, description, owner_id, created_at, updated_at)
VALUES (1, 'home', '', 1, '2026-01-01 00:00:00', '2026-01-01 00:00:00');

INSERT INTO members (workspace_id, user_id, role, created_at, updated_at)
VALUES (1, 1, 'OWNER', '2026-01-01 00:00:00', '2026-01-01 00:00:00');

INSERT INTO agents (id, workspace_id, name, description, location, public_ip_override, version,
                    psk_sha256, created_at, updated_at)
VALUES (1, 1, 'edge', '', '', '', '', '', '2026-01-01 00:00:00', '2026-01-01 00:00:00');

INSERT INTO pins (agent_id, pin_hash, created_at) VALUES (1, '', '2026-01-01 00:00:00');

INSERT INTO probes (id, workspace_id, agent_id, type, enabled, interval_sec, timeout_sec, count,
                    duration_sec, server, bind_interface, created_at, updated_at)
VALUES (1, 1, 1, 'PING', true, 60, 10, 0, 0, false, '',
        '2026-01-01 00:00:00', '2026-01-01 00:00:00');

INSERT INTO probe_targets (probe_id, target, created_at, updated_at)
VALUES (1, '198.18.0.1', '2026-01-01 00:00:00', '2026-01-01 00:00:00');
