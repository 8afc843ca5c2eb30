/** Who is logged in. The session itself is in a cookie that no script can read. */

import type { User } from './wire';

class Session {
  user = $state<User | null>(null);
  /** Whether it is known if somebody is logged in. */
  isKnown = $state(false);
  /** Said on the log-in page, such as after the controller ended a session. */
  notice = $state('');

  begin(user: User) {
    this.user = user;
    this.isKnown = true;
    this.notice = '';
  }

  end(notice = '') {
    this.user = null;
    this.isKnown = true;
    this.notice = notice;
  }
}

export const session = new Session();
